"""Commands that do their work in their own process, with settings, filters and store; all others ask the gateway."""
