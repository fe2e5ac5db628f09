#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <span>

/// Pure mathematics over Eigen types. What holds for every function of this library:
/// - weights are fractions of equity, returns are simple and per period, volatilities are per period unless a
///   `periods_per_year` is passed; VaR, ES and drawdown are positive numbers;
/// - outcomes are values: what is undefined is NaN, no exception is thrown for data;
/// - `no-alloc` in a comment: the call never allocates when it is given plain vectors, matrices, blocks with
///   contiguous columns or maps of these (an Eigen expression would be evaluated into a temporary first);
/// - sums run in a fixed order that depends neither on the processor nor on the alignment of the data, so
///   results are the same to the last bit on every machine;
/// - no state: every function may be called from any thread; an object from one thread at a time.
namespace cadre::quant {

/// A read-only vector, contiguous.
using VectorView = Eigen::Ref<const Eigen::VectorXd>;
/// A vector the callee fills, contiguous, sized by the caller.
using VectorOut = Eigen::Ref<Eigen::VectorXd>;
/// A read-only column-major matrix with any leading dimension. Of a covariance only the lower triangle is
/// read.
using MatrixView = Eigen::Ref<const Eigen::MatrixXd, 0, Eigen::OuterStride<>>;
/// A matrix the callee fills, column-major with any leading dimension, sized by the caller.
using MatrixOut = Eigen::Ref<Eigen::MatrixXd, 0, Eigen::OuterStride<>>;
/// A window of history: one row per instrument, one column per period, the oldest period first, so that the
/// values of one period are contiguous: number (i, t) lies at data[t * leading_dimension + i].
using WindowView = MatrixView;

}  // namespace cadre::quant
