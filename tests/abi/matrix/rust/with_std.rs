//! With std, for a process of its own: memory, panics and what they print are std's.

mod abi;
mod adjuster;

use adjuster::Adjuster;

const ID: &str = "matrix.rust_std";

unsafe fn place(agent: Adjuster) -> *mut Adjuster {
    Box::into_raw(Box::new(agent))
}
unsafe fn give_back(agent: *mut Adjuster) {
    drop(Box::from_raw(agent));
}
