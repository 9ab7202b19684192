//! The language of `haproxy.cfg`: text to words, words to keywords, keywords to [`crate::ir`].
