use std::fs;

use super::{file_part, suite_root};

#[test]
fn the_root_is_the_nearest_folder_that_looks_like_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let base = folder.path();
    fs::create_dir_all(base.join("cases/tcp/closed")).expect("made");
    fs::create_dir_all(base.join("mine/ledger")).expect("made");
    fs::create_dir_all(base.join("mine/deep")).expect("made");
    fs::create_dir_all(base.join("plain")).expect("made");
    for file in ["cases/tcp/closed/a.yaml", "mine/deep/b.yaml", "plain/c.yaml"] {
        fs::write(base.join(file), "").expect("written");
    }
    let root = |path: &str| suite_root(&base.join(path));
    assert_eq!(root("cases/tcp/closed/a.yaml"), base.join("cases"));
    assert_eq!(root("cases"), base.join("cases"));
    assert_eq!(root("mine/deep/b.yaml"), base.join("mine"));
    let plain = base.join("plain").canonicalize().expect("it is there");
    assert_eq!(root("plain/c.yaml"), plain);
    assert_eq!(root("plain"), plain);
}

#[test]
fn an_id_names_its_file() {
    assert_eq!(file_part("tcp/a#x,y"), "tcp/a");
    assert_eq!(file_part("tcp/a"), "tcp/a");
}
