use std::{fmt::Write as _, sync::Arc};

use miette::{Diagnostic as _, GraphicalReportHandler, GraphicalTheme};

use super::{CaseError, Fault, Mark};
use crate::case::load::load_str;

/// As a terminal of 100 columns shows it, without colour.
fn shown(error: &CaseError) -> String {
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(100);
    handler.render_report(&mut text, error).expect("a report");
    text
}

#[test]
fn what_an_author_reads() {
    let case = |steps: &str| format!("title: t\nclauses: [MUST-3]\nsteps:\n{steps}");
    let texts = [
        String::new(),
        "title: t\nclauses: [MUST-3\nsteps: []\n".to_owned(),
        "title: t\ntitle: u\n".to_owned(),
        "title: t\nclauses: [MUST-3]\n---\ntitle: u\n".to_owned(),
        "tilte: t\nclauses: [MUST-3]\n".to_owned(),
        "title: t\nclauses: []\nsteps: [{ state: CLOSED }]\n".to_owned(),
        "title: t\nclauses: [MUST-3, RFC5961#3.3]\n".to_owned(),
        "title: t\nclauses: [MSUT-3]\n".to_owned(),
        case("  - call: listen\n"),
        case("  - inject: { flag: SYN }\n"),
        case("  - inject: { flags: SYN, win: 65536 }\n"),
        case("  - inject: { flags: SYN, seq: RCV.NTX }\n"),
        case("  - inject: { flags: SYN }\n    expect: { flags: SYN+ACK }\n"),
        case("  - expect: noting\n"),
        case("  - wait: 5\n"),
        case("  - call: { send: hello }\n    returns: EPIP\n"),
        case("  - state: $state\n"),
        case("  - inject: { icmp: port-unreachabel }\n"),
        case("  - inject: { flags: ACK, icmp: port-unreachable }\n"),
        case("  - inject: { icmp: { message: echo-request, data: 5, quote: { length: 8 } } }\n"),
        case("  - inject: { flags: ACK, fragments: 20 }\n"),
        case("  - inject: { flags: ACK, fragments: { size: 8, order: [4] } }\n  - state: CLOSED\n"),
        case("  - inject: { flags: ACK, ip: { mf: true }, fragments: 8 }\n"),
        case("  - state: *anchor\n"),
        "title: $n\nclauses: [MUST-3]\nmatrix:\n  n: [1, 2]\n  seq: { a: { s: RCV.NXT }, b: { s: RCV.NXR } }\nsteps:\n  \
         - inject: { seq: $s }\n  - state: CLOSED\n"
            .to_owned(),
    ];
    let mut all = String::new();
    for text in texts {
        let error = load_str(&text, "cases/a.yaml").expect_err("a mistake");
        write!(all, "{error}\n{}\n", shown(&error)).expect("a text");
    }
    insta::assert_snapshot!(all);
}

#[test]
fn an_error_about_a_whole_file_names_its_first_line_and_has_no_snippet() {
    let error = CaseError::of_file(std::path::Path::new("a.yaml"), "cannot be read", Some("look"));
    assert_eq!(error.to_string(), "a.yaml:1: cannot be read", "every error about a file is `file:line: …`");
    assert_eq!((error.line(), error.column()), (None, None));
    assert!(error.source_code().is_none() && error.labels().is_none());
    assert_eq!(error.help().map(|help| help.to_string()).as_deref(), Some("look"));
    let of_path = CaseError::of_path(std::path::Path::new("nowhere"), "cannot be read");
    assert_eq!(of_path.to_string(), "nowhere: cannot be read", "what is not there has no lines");
}

#[test]
fn a_label_stays_within_its_line() {
    let source: Arc<str> = "ab\ncdef\n".into();
    let labelled = |offset, len| {
        let mark = Mark { offset, len, line: 1, column: 1 };
        let error = CaseError::in_source(std::path::Path::new("a.yaml"), &source, *Fault::at(mark, "wrong"));
        let label = error.labels().and_then(|mut labels| labels.next()).expect("a label");
        (label.offset(), label.len())
    };
    assert_eq!(labelled(0, 6), (0, 2));
    assert_eq!(labelled(3, 2), (3, 2));
    assert_eq!(labelled(3, 99), (3, 4));
    assert_eq!(labelled(99, 5), (8, 0));
}
