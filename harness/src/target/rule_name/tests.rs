use super::*;

#[test]
fn a_name_that_is_read_equals_the_programs_own_and_is_kept_once() {
    static OWN: RuleText = RuleText { name: "output-fin", clause: "RFC9293#3.10.4", text: "all data are sent" };
    let text = serde_json::to_string(&RuleName(&OWN)).unwrap();
    assert_eq!(text, r#"{"name":"output-fin","clause":"RFC9293#3.10.4","text":"all data are sent"}"#);
    let [first, second] = [0, 1].map(|_| serde_json::from_str::<RuleName>(&text).unwrap());
    assert_eq!(first, RuleName(&OWN));
    assert!(std::ptr::eq(first.0, second.0));
}

#[test]
fn the_rules_of_a_packet_need_no_allocation() {
    static OWN: RuleText = RuleText { name: "output-fin", clause: "RFC9293#3.10.4", text: "all data are sent" };
    let rules: RuleNames = [RuleName(&OWN); stack_under_test::Rules::CAPACITY].into();
    assert!(!rules.spilled());
}
