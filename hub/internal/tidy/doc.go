// Package tidy holds no code: its tests hold the house in order. They read the
// import graph and the sources and fail with the rule that was broken and why.
package tidy
