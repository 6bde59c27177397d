"""People, groups and domains: sources, compilation, look-up."""
