"""What may be done to the files of one bucket, under its lock: put, delete, move, restore, make a folder."""
