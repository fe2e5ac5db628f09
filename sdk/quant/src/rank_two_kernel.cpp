#include "cadre/quant/rank_two_kernel.hpp"

#include <initializer_list>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace cadre::quant {
namespace {

// The first row of column j that is touched: the start of its block, so that loads stay aligned and need no
// tail.
constexpr std::int64_t first_row(std::int64_t j) {
  return j / kernel_block * kernel_block;
}

void update_generic(double* s, std::int64_t leading_dimension, std::int64_t n, const double* p,
                    const double* a, const double* q, const double* b) {
  for (std::int64_t j = 0; j < n; ++j) {
    double* column = s + j * leading_dimension;
    const double aj = a[j];
    const double bj = b[j];
    for (std::int64_t i = first_row(j); i < leading_dimension; ++i)
      column[i] += p[i] * aj + q[i] * bj;
  }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void update_avx2(double* s, std::int64_t leading_dimension, std::int64_t n,
                                                 const double* p, const double* a, const double* q,
                                                 const double* b) {
  for (std::int64_t j = 0; j < n; ++j) {
    double* column = s + j * leading_dimension;
    const __m256d aj = _mm256_set1_pd(a[j]);
    const __m256d bj = _mm256_set1_pd(b[j]);
    for (std::int64_t i = first_row(j); i < leading_dimension; i += kernel_block) {
      const __m256d low =
          _mm256_add_pd(_mm256_mul_pd(_mm256_load_pd(p + i), aj), _mm256_mul_pd(_mm256_load_pd(q + i), bj));
      const __m256d high = _mm256_add_pd(_mm256_mul_pd(_mm256_load_pd(p + i + 4), aj),
                                         _mm256_mul_pd(_mm256_load_pd(q + i + 4), bj));
      _mm256_store_pd(column + i, _mm256_add_pd(_mm256_load_pd(column + i), low));
      _mm256_store_pd(column + i + 4, _mm256_add_pd(_mm256_load_pd(column + i + 4), high));
    }
  }
}

__attribute__((target("avx512f"))) void update_avx512(double* s, std::int64_t leading_dimension,
                                                      std::int64_t n, const double* p, const double* a,
                                                      const double* q, const double* b) {
  for (std::int64_t j = 0; j < n; ++j) {
    double* column = s + j * leading_dimension;
    const __m512d aj = _mm512_set1_pd(a[j]);
    const __m512d bj = _mm512_set1_pd(b[j]);
    for (std::int64_t i = first_row(j); i < leading_dimension; i += kernel_block) {
      const __m512d change =
          _mm512_add_pd(_mm512_mul_pd(_mm512_load_pd(p + i), aj), _mm512_mul_pd(_mm512_load_pd(q + i), bj));
      _mm512_store_pd(column + i, _mm512_add_pd(_mm512_load_pd(column + i), change));
    }
  }
}
#endif

}  // namespace

bool supports(KernelVariant variant) {
  if (variant == KernelVariant::generic) return true;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (variant == KernelVariant::avx2) return __builtin_cpu_supports("avx2") != 0;
  if (variant == KernelVariant::avx512) return __builtin_cpu_supports("avx512f") != 0;
#endif
  return false;
}

RankTwoKernel rank_two_kernel(KernelVariant variant) {
  if (!supports(variant)) return nullptr;
  switch (variant) {
    case KernelVariant::generic:
      return update_generic;
#if defined(__x86_64__)
    case KernelVariant::avx2:
      return update_avx2;
    case KernelVariant::avx512:
      return update_avx512;
#else
    default:
      break;
#endif
  }
  return nullptr;
}

RankTwoKernel fastest_rank_two_kernel() {
  for (const KernelVariant variant : {KernelVariant::avx512, KernelVariant::avx2}) {
    if (supports(variant)) return rank_two_kernel(variant);
  }
  return update_generic;
}

}  // namespace cadre::quant
