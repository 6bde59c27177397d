"""Rules of release and confirmation, without I/O."""
