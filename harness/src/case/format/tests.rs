use crate::case::{load::load_str, print::format_source};

/// The YAML blocks of the module's documentation.
fn documented() -> Vec<String> {
    let lines = include_str!("../format.rs").lines().map_while(|line| line.strip_prefix("//!"));
    let doc: String = lines.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect();
    let blocks = doc.split("```yaml\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_documented_examples_load_and_are_in_canonical_form() {
    let examples = documented();
    assert_eq!(examples.len(), 8);
    let counts: Vec<usize> = examples
        .iter()
        .map(|text| load_str(text, "doc.yaml").unwrap_or_else(|error| panic!("{error}\n{text}")).len())
        .collect();
    assert_eq!(counts, [1, 1, 1, 1, 1, 1, 2, 6]);
    for text in examples {
        // Comments stand in columns there, for the reader.
        let squeezed = |text: &str| text.lines().map(|line| line.replace(' ', "")).collect::<Vec<_>>();
        let formatted = format_source(&text, "doc.yaml").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(squeezed(&formatted), squeezed(&text));
    }
}

#[test]
fn the_documented_steps_use_every_action_and_call() {
    let [_, steps, ..] = <[String; 8]>::try_from(documented()).expect("eight examples");
    for word in ["inject", "expect", "call", "state", "wait", "save", "check"] {
        assert!(steps.contains(&format!("- {word}: ")), "{word}");
    }
    for call in ["listen", "connect", "accept", "send", "recv", "shutdown", "close", "abort", "poll", "set"] {
        assert!(steps.contains(call), "{call}");
    }
}
