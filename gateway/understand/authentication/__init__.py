"""Where an inbound message comes from: SPF, DKIM, DMARC and ARC, verified on its octets as received."""
