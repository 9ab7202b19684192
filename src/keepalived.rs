//! The language of `keepalived.conf`: text to words, words to keywords, keywords to [`crate::ir`].
