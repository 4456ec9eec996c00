"""What a person starts: the command, the servers, the demonstration, the web pages, and the map."""
