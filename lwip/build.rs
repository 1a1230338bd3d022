//! Compiles the C shim against Debian's lwIP headers and links the library.

use std::{env, path::Path, process::ExitCode};

/// Where liblwip-dev puts its headers.
const INCLUDE: &str = "/usr/include/lwip";

fn main() -> ExitCode {
    println!("cargo:rerun-if-changed=shim");
    println!("cargo:rerun-if-env-changed=LWIP_INCLUDE");
    let include = env::var("LWIP_INCLUDE").unwrap_or_else(|_| INCLUDE.to_owned());
    if !Path::new(&include).join("lwip/tcp.h").is_file() {
        eprintln!(
            "error: no lwIP headers in {include}: install the package liblwip-dev (`apt-get install liblwip-dev`), \
             or build without the feature `lwip`"
        );
        return ExitCode::FAILURE;
    }
    cc::Build::new()
        .file("shim/shim.c")
        .include("shim")
        .include(&include)
        .std("gnu11")
        .warnings(true)
        // After the jump out of a failed assertion the shim uses no local variable.
        .flag_if_supported("-Wno-clobbered")
        .compile("lwip_shim");
    println!("cargo:rustc-link-lib=dylib=lwip");
    ExitCode::SUCCESS
}
