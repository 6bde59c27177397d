"""Content of messages: authentication, containers opened in the sandbox, texts of documents."""
