"""What an update has to say, in each of its forms: the parts of `scripts.report`."""
