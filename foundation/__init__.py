"""What every room stands on and none owns. Imports no room."""
