//! What a traffic log line says: fields, formats, syslog headers.
