use std::path::{Path, PathBuf};

use super::selection;

#[test]
fn a_file_a_file_with_values_and_an_id_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.yaml");
    std::fs::write(&file, "").expect("written");
    let name = |suffix: &str| format!("{}{suffix}", folder.path().join("a").display());
    let chosen = |case: &str| {
        let selection = selection(case, Path::new("cases"));
        (selection.paths, selection.filter)
    };
    assert_eq!(chosen(&name(".yaml")), (vec![file.clone()], vec![]));
    assert_eq!(chosen(&name("")), (vec![file.clone()], vec![]));
    assert_eq!(chosen(&name("#left,1")), (vec![file.clone()], vec!["*#left,1".to_owned()]));
    assert_eq!(chosen("tcp/rst"), (vec![PathBuf::from("cases")], vec!["tcp/rst".to_owned()]));
}
