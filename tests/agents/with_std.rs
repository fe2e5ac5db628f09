//! A plugin in Rust with std: threads, clocks, thread-local objects. The audit lets it into a process of its own only.

use std::collections::HashMap;

thread_local!(static LAST: std::cell::RefCell<String> = const { std::cell::RefCell::new(String::new()) });

#[no_mangle]
pub extern "C" fn cadre_plugin() -> *const u8 {
    let mut counts: HashMap<String, f64> = HashMap::new();
    counts.insert(format!("{:?}", std::time::Instant::now()), 1.0);
    let other = std::thread::spawn(move || println!("{counts:?}"));
    other.join().unwrap();
    LAST.with(|last| last.borrow_mut().push('.'));
    std::ptr::null()
}
