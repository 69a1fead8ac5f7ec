/**
 * Turns prototype features into a space in which cosines mean something: features are taken relative to the mean
 * picture and whitened by how pictures of one concept differ among each other (linear discriminant analysis), so that
 * what varies anyway counts little.
 */

export interface Fit {
  readonly mean: Float64Array;
  /** Row-major `size x size`, lower triangular: the space is `whitening * (features - mean)`. */
  readonly whitening: Float64Array;
}

/** Added to the variance of every feature, relative to the mean variance: keeps rare features from exploding. */
const RIDGE = 3;

export const meanOf = (vectors: readonly Float64Array[]): Float64Array => {
  const size = vectors[0]?.length ?? 0;
  const mean = new Float64Array(size);
  for (const vector of vectors) vector.forEach((value, index) => (mean[index] = (mean[index] ?? 0) + value));
  return mean.map((sum) => sum / vectors.length);
};

const subtract = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, index) => value - (b[index] ?? 0));

const pooledCovariance = (groups: readonly (readonly Float64Array[])[], size: number): Float64Array => {
  const covariance = new Float64Array(size * size);
  let count = 0;
  for (const group of groups) {
    const mean = meanOf(group);
    for (const vector of group) {
      const difference = subtract(vector, mean);
      for (let row = 0; row < size; row += 1) {
        const factor = difference[row] ?? 0;
        for (let column = 0; column <= row; column += 1) {
          const place = row * size + column;
          covariance[place] = (covariance[place] ?? 0) + factor * (difference[column] ?? 0);
        }
      }
      count += 1;
    }
  }
  return covariance.map((sum) => sum / count);
};

/** Lower triangular L with L * transpose(L) = matrix; reads the lower triangle only. */
const cholesky = (matrix: Float64Array, size: number): Float64Array => {
  const lower = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = matrix[row * size + column] ?? 0;
      for (let k = 0; k < column; k += 1) sum -= (lower[row * size + k] ?? 0) * (lower[column * size + k] ?? 0);
      lower[row * size + column] = row === column ? Math.sqrt(sum) : sum / (lower[column * size + column] ?? 1);
    }
  }
  return lower;
};

const invertLower = (lower: Float64Array, size: number): Float64Array => {
  const inverse = new Float64Array(size * size);
  for (let column = 0; column < size; column += 1) {
    for (let row = column; row < size; row += 1) {
      let sum = row === column ? 1 : 0;
      for (let k = column; k < row; k += 1) sum -= (lower[row * size + k] ?? 0) * (inverse[k * size + column] ?? 0);
      inverse[row * size + column] = sum / (lower[row * size + row] ?? 1);
    }
  }
  return inverse;
};

/** @param groups features of the pictures of each concept */
export const fitSpace = (groups: readonly (readonly Float64Array[])[]): Fit => {
  const mean = meanOf(groups.map(meanOf));
  const size = mean.length;
  const covariance = pooledCovariance(groups, size);
  let trace = 0;
  for (let index = 0; index < size; index += 1) trace += covariance[index * size + index] ?? 0;
  for (let index = 0; index < size; index += 1) {
    covariance[index * size + index] = (covariance[index * size + index] ?? 0) + (RIDGE * trace) / size;
  }
  return { mean, whitening: invertLower(cholesky(covariance, size), size) };
};

export const project = ({ mean, whitening }: Fit, features: Float64Array): Float64Array => {
  const size = mean.length;
  const centred = subtract(features, mean);
  return centred.map((_, row) => {
    let sum = 0;
    for (let column = 0; column <= row; column += 1) {
      sum += (whitening[row * size + column] ?? 0) * (centred[column] ?? 0);
    }
    return sum;
  });
};

/** Length 1, unless it is zero. */
export const unit = (vector: Float64Array): Float64Array => {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? vector : vector.map((value) => value / length);
};
