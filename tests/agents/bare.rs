//! A plugin in Rust that the audit lets into the host's process: no_std, memory and abort from the C library.
#![no_std]

extern crate alloc;

use alloc::{boxed::Box, format, vec::Vec};
use core::alloc::{GlobalAlloc, Layout};

extern "C" {
    fn aligned_alloc(alignment: usize, size: usize) -> *mut u8;
    fn free(memory: *mut u8);
    fn abort() -> !;
}

struct OfTheProcess;

unsafe impl GlobalAlloc for OfTheProcess {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        aligned_alloc(layout.align(), (layout.size() + layout.align() - 1) / layout.align() * layout.align())
    }
    unsafe fn dealloc(&self, memory: *mut u8, _: Layout) {
        free(memory)
    }
}

#[global_allocator]
static MEMORY: OfTheProcess = OfTheProcess;

#[panic_handler]
fn panicked(_: &core::panic::PanicInfo) -> ! {
    unsafe { abort() }
}

// core and alloc come compiled for unwinding and name this function; nothing ever calls it.
core::arch::global_asm!(".globl rust_eh_personality", ".hidden rust_eh_personality", "rust_eh_personality:", "ret");

#[no_mangle]
pub extern "C" fn cadre_plugin() -> *const u8 {
    let numbers: Vec<u8> = format!("{:?}", 1.5f64).into_bytes();
    Box::leak(numbers.into_boxed_slice()).as_ptr()
}
