"""Technology: what the ports promise, kept by libraries, databases and networks."""
