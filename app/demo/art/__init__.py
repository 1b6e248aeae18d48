"""Tools of the demo collection's painters: noise, colour, brushes, surfaces. Float RGB (H, W, 3) in 0…1 unless said otherwise."""
