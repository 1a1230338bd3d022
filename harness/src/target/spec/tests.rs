use super::*;

#[test]
fn names_read_back() {
    for name in TargetSpec::names() {
        assert_eq!(name.parse::<TargetSpec>().unwrap().to_string(), name);
    }
    assert_eq!("reference:rfc9293".parse(), Ok(TargetSpec::Reference("rfc9293")));
}

#[test]
fn an_unknown_name_lists_the_known() {
    for name in ["", "linux", "reference:", "reference:none", "smoltcp:x"] {
        let error = name.parse::<TargetSpec>().unwrap_err().to_string();
        assert!(error.contains("kernel") && error.contains("smoltcp") && error.contains("reference:rfc793"), "{error}");
    }
}

#[test]
fn a_ledger_has_a_file_name() {
    assert_eq!(TargetSpec::Reference("rfc793").ledger_name(), "reference-rfc793");
}
