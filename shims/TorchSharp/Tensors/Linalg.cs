using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static class linalg
    {
        public static (Tensor, Tensor) eigh(Tensor input, char UPLO = 'L') => Ops.linalg_eigh.Call2(input, UPLO.ToString());
        public static Tensor eigvalsh(Tensor input, char UPLO = 'L') => Ops.linalg_eigvalsh.Call(input, UPLO.ToString());
        public static Tensor eigvals(Tensor input) => Ops.linalg_eigvals.Call(input);
        public static (Tensor, Tensor, Tensor) svd(Tensor input, bool fullMatrices = true) => Ops.linalg_svd.Call3(input, fullMatrices);
        public static Tensor inv(Tensor input) => Ops.linalg_inv.Call(input);
        public static Tensor cholesky(Tensor input) => Ops.linalg_cholesky.Call(input);
        public static Tensor solve(Tensor A, Tensor B, bool left = true) => Ops.linalg_solve.Call(A, B, left);
        public static Tensor vector_norm(Tensor input, double ord = 2, long[]? dims = null, bool keepdim = false) => Ops.linalg_vector_norm.Call(input, ord, dims, keepdim);
    }
}
