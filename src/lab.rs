//! The shell of `hawser lab`: a pair of balancers rehearsed in namespaces.
