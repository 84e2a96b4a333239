using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor abs() => Ops.abs.Call(this);
        public Tensor abs_() => Ops.abs_.Apply(this);
        public Tensor acos() => Ops.acos.Call(this);
        public Tensor acos_() => Ops.acos_.Apply(this);
        public Tensor asin() => Ops.asin.Call(this);
        public Tensor asin_() => Ops.asin_.Apply(this);
        public Tensor atan() => Ops.atan.Call(this);
        public Tensor atan_() => Ops.atan_.Apply(this);
        public Tensor ceil() => Ops.ceil.Call(this);
        public Tensor ceil_() => Ops.ceil_.Apply(this);
        public Tensor cos() => Ops.cos.Call(this);
        public Tensor cos_() => Ops.cos_.Apply(this);
        public Tensor cosh() => Ops.cosh.Call(this);
        public Tensor cosh_() => Ops.cosh_.Apply(this);
        public Tensor erf() => Ops.erf.Call(this);
        public Tensor erf_() => Ops.erf_.Apply(this);
        public Tensor erfc() => Ops.erfc.Call(this);
        public Tensor erfc_() => Ops.erfc_.Apply(this);
        public Tensor exp() => Ops.exp.Call(this);
        public Tensor exp_() => Ops.exp_.Apply(this);
        public Tensor exp2() => Ops.exp2.Call(this);
        public Tensor exp2_() => Ops.exp2_.Apply(this);
        public Tensor expm1() => Ops.expm1.Call(this);
        public Tensor expm1_() => Ops.expm1_.Apply(this);
        public Tensor floor() => Ops.floor.Call(this);
        public Tensor floor_() => Ops.floor_.Apply(this);
        public Tensor frac() => Ops.frac.Call(this);
        public Tensor frac_() => Ops.frac_.Apply(this);
        public Tensor log() => Ops.log.Call(this);
        public Tensor log_() => Ops.log_.Apply(this);
        public Tensor log10() => Ops.log10.Call(this);
        public Tensor log10_() => Ops.log10_.Apply(this);
        public Tensor log1p() => Ops.log1p.Call(this);
        public Tensor log1p_() => Ops.log1p_.Apply(this);
        public Tensor log2() => Ops.log2.Call(this);
        public Tensor log2_() => Ops.log2_.Apply(this);
        public Tensor neg() => Ops.neg.Call(this);
        public Tensor neg_() => Ops.neg_.Apply(this);
        public Tensor reciprocal() => Ops.reciprocal.Call(this);
        public Tensor reciprocal_() => Ops.reciprocal_.Apply(this);
        public Tensor rsqrt() => Ops.rsqrt.Call(this);
        public Tensor rsqrt_() => Ops.rsqrt_.Apply(this);
        public Tensor sigmoid() => Ops.sigmoid.Call(this);
        public Tensor sigmoid_() => Ops.sigmoid_.Apply(this);
        public Tensor sign() => Ops.sign.Call(this);
        public Tensor sign_() => Ops.sign_.Apply(this);
        public Tensor sin() => Ops.sin.Call(this);
        public Tensor sin_() => Ops.sin_.Apply(this);
        public Tensor sinh() => Ops.sinh.Call(this);
        public Tensor sinh_() => Ops.sinh_.Apply(this);
        public Tensor sqrt() => Ops.sqrt.Call(this);
        public Tensor sqrt_() => Ops.sqrt_.Apply(this);
        public Tensor tan() => Ops.tan.Call(this);
        public Tensor tan_() => Ops.tan_.Apply(this);
        public Tensor tanh() => Ops.tanh.Call(this);
        public Tensor tanh_() => Ops.tanh_.Apply(this);
        public Tensor trunc() => Ops.trunc.Call(this);
        public Tensor trunc_() => Ops.trunc_.Apply(this);
        public Tensor relu() => Ops.relu.Call(this);
        public Tensor relu_() => Ops.relu_.Apply(this);
        public Tensor silu() => Ops.silu.Call(this);
        public Tensor silu_() => Ops.silu_.Apply(this);
        public Tensor square() => Ops.square.Call(this);
        public Tensor negative() => Ops.neg.Call(this);
        public Tensor logical_not() => Ops.logical_not.Call(this);
        public Tensor bitwise_not() => Ops.bitwise_not.Call(this);
        public Tensor isfinite() => Ops.isfinite.Call(this);
        public Tensor isnan() => Ops.isnan.Call(this);
        public Tensor isinf() => Ops.isinf.Call(this);
        public Tensor gelu() => Ops.gelu.Call(this);
        public Tensor gelu_() => Ops.gelu_.Apply(this);
        public Tensor softplus(double beta = 1, double threshold = 20) => Ops.softplus.Call(this, beta, threshold);

        public Tensor round(long decimals = 0) => decimals == 0 ? Ops.round.Call(this) : Ops.round_decimals.Call(this, decimals);
        public Tensor round_(long decimals = 0) => decimals == 0 ? Ops.round_.Apply(this) : Ops.round__decimals.Apply(this, decimals);
    }
}
