//! Without std and without alloc, which no_std has only from later compilers on: what the host's process takes. Memory and abort come from
//! the C library.
#![no_std]

mod abi;
mod adjuster;

use adjuster::Adjuster;

const ID: &str = "matrix.rust_bare";

extern "C" {
    fn aligned_alloc(alignment: usize, size: usize) -> *mut u8;
    fn free(memory: *mut u8);
    fn abort() -> !;
}

unsafe fn place(agent: Adjuster) -> *mut Adjuster {
    let (alignment, size) = (core::mem::align_of::<Adjuster>(), core::mem::size_of::<Adjuster>());
    let room = aligned_alloc(alignment, size) as *mut Adjuster;
    if room.is_null() {
        abort();
    }
    room.write(agent);
    room
}
unsafe fn give_back(agent: *mut Adjuster) {
    agent.drop_in_place();
    free(agent as *mut u8);
}

#[panic_handler]
fn panicked(_: &core::panic::PanicInfo) -> ! {
    unsafe { abort() }
}

// core comes compiled for unwinding and names this function; nothing ever calls it.
core::arch::global_asm!(".globl rust_eh_personality", ".hidden rust_eh_personality", "rust_eh_personality:", "ret");
