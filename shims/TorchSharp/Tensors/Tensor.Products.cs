using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor mm(Tensor target) => Ops.mm.Call(this, target);
        public Tensor bmm(Tensor batch2) => Ops.bmm.Call(this, batch2);
        public Tensor mv(Tensor target) => Ops.mv.Call(this, target);
        public Tensor dot(Tensor target) => Ops.dot.Call(this, target);
        public Tensor outer(Tensor vec2) => Ops.outer.Call(this, vec2);
        public Tensor matmul(Tensor target) => Ops.matmul.Call(this, target);
        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => Ops.addmm.Call(this, mat1, mat2, (double)beta, (double)alpha);
        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) => Ops.baddbmm.Call(this, batch1, batch2, (double)beta, (double)alpha);
        public Tensor trace() => Ops.trace.Call(this);
        public Tensor diag(long diagonal = 0) => Ops.diag.Call(this, diagonal);
        public Tensor tril(long diagonal = 0) => Ops.tril.Call(this, diagonal);
        public Tensor triu(long diagonal = 0) => Ops.triu.Call(this, diagonal);
        public Tensor inverse() => Ops.inverse.Call(this);
    }
}
