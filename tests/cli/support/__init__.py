"""What the end-to-end tests share: a real supervisord, its side of the pipe, and the servers listeners talk to."""
