"""What opens containers. All of them together are in `known`, which only a sandbox process loads."""
