package program

// Local is local.
var Local = local
