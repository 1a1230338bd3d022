use super::*;

#[test]
fn what_is_written_is_read_again() {
    for (left, right) in [("reference", "kernel"), ("reference:rfc793", "external:python3 driver.py --fast")] {
        for execution in ["123", "5 of worker 1", ""] {
            let origin =
                Origin { left: left.to_owned(), right: right.to_owned(), seed: 7, execution: execution.to_owned() };
            assert_eq!(Origin::read(&origin.to_string()), Some(origin.clone()));
            let longer = format!("found by {origin}; shrunk from 100 steps");
            assert_eq!(Origin::read(&longer), Some(origin));
        }
    }
}

#[test]
fn other_origins_name_no_targets() {
    for text in [
        "",
        "RFC 9293, figure 6",
        "rfc793 fuzz",
        "rfc793 fuzz --left ",
        "rfc793 fuzz --left reference --right",
        "rfc793 fuzz --left 'reference --right kernel --seed 7",
        "rfc793 fuzz --left reference --right kernel --seed many",
    ] {
        assert_eq!(Origin::read(text), None, "{text}");
    }
}
