"""The release of held mail, by reviewers and by senders who confirm."""
