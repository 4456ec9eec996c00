"""What a person starts: the command, the notebook server, the demonstration, and the map of the course."""
