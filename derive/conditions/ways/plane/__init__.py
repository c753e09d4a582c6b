"""One phase and two parameters: the plane of the parameters is cut into cells, each decided at one point."""
