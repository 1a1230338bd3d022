use super::*;

#[test]
fn what_is_no_source() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = check(folder.path()).expect_err("empty").to_string();
    assert!(error.ends_with("is no kernel source: it has no Makefile"), "{error}");
}

#[test]
fn the_packaged_source_is_changed_where_it_needs_it() {
    let folder = tempfile::tempdir().expect("a folder");
    for Edit { file, from, .. } in &EDITS {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, format!("before\n{from}after\n")).expect("written");
    }
    edit(folder.path()).expect("changed");
    // Twice does no harm, and a text that is not there is left alone.
    edit(folder.path()).expect("unchanged");
    for Edit { file, from, to } in &EDITS {
        let text = fs::read_to_string(folder.path().join(file)).expect("read");
        assert!(text.starts_with("before\n") && text.contains(to) && !text.contains(from), "{file}: {text}");
    }
}
