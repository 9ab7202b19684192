//! The default rehearsal's files: the small pair that most pairs are, and the page of its two web servers.

/// The configuration of both balancers.
pub const HAPROXY_CFG: &str = include_str!("article/haproxy.cfg");

const KEEPALIVED_CONF: &str = include_str!("article/keepalived.conf");

/// The configuration of the failover daemon of a node with this priority.
#[must_use]
pub fn keepalived_conf(priority: u8) -> String {
    KEEPALIVED_CONF.replace("${PRIORITY}", &priority.to_string())
}

/// The page that the web server `name` answers with.
#[must_use]
pub fn page(name: &str) -> String {
    format!(
        "<html>\n<head>\n<title>{name}</title>\n</head>\n<body>\n<h1>{name}</h1>\n\
         <p>Hi sir, I am going to serve you today!</p>\n</body>\n</html>\n"
    )
}

/// Whose page this is: the text of its first heading.
#[must_use]
pub fn heading(page: &str) -> Option<&str> {
    page.split_once("<h1>")?.1.split_once("</h1>").map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_who_served_it() {
        assert_eq!(heading(&page("web2")), Some("web2"));
        assert_eq!(heading("<h1>503 Service Unavailable</h1>"), Some("503 Service Unavailable"));
        assert_eq!(heading("nothing"), None);
    }

    #[test]
    fn the_priority_is_written_into_the_file() {
        assert!(keepalived_conf(101).contains("    priority 101\n"));
        assert!(!keepalived_conf(101).contains('$'), "nothing is left to be filled in");
    }
}
