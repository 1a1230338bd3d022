use super::*;

#[test]
fn what_was_noted_last() {
    let folder = tempfile::tempdir().expect("a folder");
    let noted = Noted::new(&folder.path().join("input")).expect("a file");
    assert_eq!(noted.read(), [0_u8; 0]);
    let inside = File::options().write(true).open(folder.path().join("input")).expect("the file");
    for input in [&b"a longer input"[..], b"short", b""] {
        write(&inside, input).expect("written");
        assert_eq!(noted.read(), input);
    }
    // Half of one, as a length that nothing follows.
    inside.write_all_at(&1_000_u32.to_le_bytes(), 0).expect("written");
    assert_eq!(noted.read(), [0_u8; 0]);
}
