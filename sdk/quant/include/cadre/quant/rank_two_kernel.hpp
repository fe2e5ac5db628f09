#pragma once

#include <cstdint>

namespace cadre::quant {

/// Padding of vectors and leading dimensions for the kernel: one cache line, one AVX-512 register.
inline constexpr std::int64_t kernel_block = 8;

constexpr std::int64_t padded_to_kernel_block(std::int64_t n) {
  return (n + kernel_block - 1) / kernel_block * kernel_block;
}

/// S(i,j) += p(i) a(j) + q(i) b(j) for the lower triangle of S (and, to stay in whole blocks, the upper
/// triangle of the diagonal blocks of 8).
/// s: column-major, 64-byte aligned; leading_dimension: a multiple of 8, at least n.
/// p, q: leading_dimension numbers, 64-byte aligned, zeros from n on. a, b: n numbers.
/// Each number takes two products and two sums in the same order in every variant: the bits are the same.
using RankTwoKernel = void (*)(double* s, std::int64_t leading_dimension, std::int64_t n, const double* p,
                               const double* a, const double* q, const double* b);

enum class KernelVariant { generic, avx2, avx512 };

/// Whether this processor (and its operating system) can run the variant.
bool supports(KernelVariant variant);

/// The code of a variant; nullptr where `supports` is false.
RankTwoKernel rank_two_kernel(KernelVariant variant);

/// The widest variant that this processor supports. Never nullptr.
RankTwoKernel fastest_rank_two_kernel();

}  // namespace cadre::quant
