use super::*;

#[test]
fn a_kernel_without_kcov_is_told_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let kernel = Kernel { name: "6.12".to_owned(), version: "6.12.1".to_owned(), folder: folder.path().to_owned() };
    let words = || ["rfc793", "coverage", "--kernel", "linux:6.12"].map(OsString::from).to_vec();
    let mut given = words();
    let error = check(&kernel, &mut given).expect_err("no KCOV");
    let told = "linux:6.12 was built without KCOV; build one with it: rfc793 kernel build 6.12 --kcov, and then --kernel \
                linux:6.12+kcov";
    assert!(matches!(&error, Failure::Usage(text) if text == told), "{error}");
    assert_eq!(given, words());
    std::fs::write(folder.path().join("config"), "CONFIG_KCOV=y\n").expect("written");
    check(&kernel, &mut given).expect("KCOV");
    assert_eq!(given[1..4], ["coverage".into(), "--program".into(), OsString::from(kernel.program())]);
}
