"""Origin of an inbound message: SPF, DKIM, DMARC and ARC, verified on its octets as received."""
