//! The built-in answers: what a client gets when there is nothing better to send. Bytes are interface; monitors compare them.

use super::Message;

/// (status, reason, sentence, whether the page itself closes the connection)
type Page = (u16, &'static str, &'static str, bool);

const PAGES: &[Page] = &[
    (200, "OK", "Service ready.", false),
    (400, "Bad request", "Your browser sent an invalid request.", true),
    (401, "Unauthorized", "You need a valid user and password to access this content.", false),
    (403, "Forbidden", "Request forbidden by administrative rules.", false),
    (404, "Not Found", "The resource could not be found.", false),
    (
        405,
        "Method Not Allowed",
        "A request was made of a resource using a request method not supported by that resource",
        false,
    ),
    (407, "Unauthorized", "You need a valid user and password to access this content.", false),
    (408, "Request Time-out", "Your browser didn't send a complete request in time.", true),
    (410, "Gone", "The resource is no longer available and will not be available again.", false),
    (413, "Payload Too Large", "The request entity exceeds the maximum allowed.", false),
    (421, "Misdirected Request", "Request sent to a non-authoritative server.", false),
    (422, "Unprocessable Content", "The server cannot process the contained instructions.", false),
    (425, "Too Early", "Your browser sent early data.", false),
    (429, "Too Many Requests", "You have sent too many requests in a given amount of time.", false),
    (500, "Internal Server Error", "An internal server error occurred.", false),
    (501, "Not Implemented", ".The server does not support the functionality required to fulfill the request.", false),
    (502, "Bad Gateway", "The server returned an invalid or incomplete response.", false),
    (503, "Service Unavailable", "No server is available to handle this request.", false),
    (504, "Gateway Time-out", "The server didn't respond in time.", false),
];

/// Statuses that have a page.
pub fn statuses() -> impl Iterator<Item = u16> {
    PAGES.iter().map(|p| p.0)
}

fn page(status: u16) -> Page {
    *PAGES
        .iter()
        .find(|p| p.0 == status)
        .unwrap_or_else(|| PAGES.iter().find(|p| p.0 == 500).expect("the table has a page for 500"))
}

fn text(p: Page) -> String {
    format!("<html><body><h1>{} {}</h1>\n{}\n</body></html>\n", p.0, p.1, p.2)
}

/// Head and body of the built-in page; a status without one gets that of 500.
pub fn message(status: u16) -> (Message, Vec<u8>) {
    let p = page(status);
    let body = text(p);
    let mut m = Message::response(b"HTTP/1.1", p.0, p.1.as_bytes());
    m.add(b"content-length", body.len().to_string().as_bytes());
    m.add(b"cache-control", b"no-cache");
    if p.3 {
        m.add(b"connection", b"close");
    }
    m.add(b"content-type", b"text/html");
    (m, body.into_bytes())
}

/// The page as it is sent when the request could not be read: as a file would hold it.
pub fn raw(status: u16) -> Vec<u8> {
    let p = page(status);
    let body = text(p);
    let close = if p.3 { "Connection: close\r\n" } else { "" };
    format!(
        "HTTP/1.1 {} {}\r\nContent-length: {}\r\nCache-Control: no-cache\r\n{close}Content-Type: text/html\r\n\r\n{body}",
        p.0,
        p.1,
        body.len()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unavailable_page_is_what_monitors_know() {
        let (m, body) = message(503);
        let mut out = Vec::new();
        m.write_to(&mut out);
        assert!(
            out.starts_with(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 107\r\ncache-control: no-cache\r\n")
        );
        assert_eq!(body.len(), 107);
    }

    #[test]
    fn bad_request_is_sent_as_a_file_would_hold_it() {
        let raw = raw(400);
        assert!(raw.starts_with(
            b"HTTP/1.1 400 Bad request\r\nContent-length: 90\r\nCache-Control: no-cache\r\nConnection: close\r\n"
        ));
    }
}
