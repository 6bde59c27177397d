"""The trial of a changed configuration on mail of the past (`mailwarden try`). Nothing is sent, counted or learned."""
