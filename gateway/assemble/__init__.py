"""The parts of each step, built from settings. `gateway.app` puts them together."""
