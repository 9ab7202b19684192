//! Values, sample fetches, converters, ACLs, patterns, maps and log formats.
