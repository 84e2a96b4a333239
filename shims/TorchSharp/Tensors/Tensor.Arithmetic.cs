using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor add(Tensor target) => Ops.add_Tensor.Call(this, target);
        public Tensor add(Tensor target, Scalar alpha) => Ops.add_Tensor.Call(this, target, alpha);
        public Tensor add(Scalar scalar) => Ops.add_Scalar.Call(this, scalar);
        public Tensor add(Scalar scalar, Scalar alpha) => Ops.add_Scalar.Call(this, scalar, alpha);
        public Tensor add_(Tensor target) => Ops.add__Tensor.Apply(this, target);
        public Tensor add_(Tensor target, Scalar alpha) => Ops.add__Tensor.Apply(this, target, alpha);
        public Tensor add_(Scalar scalar) => Ops.add__Scalar.Apply(this, scalar);
        public Tensor add_(Scalar scalar, Scalar alpha) => Ops.add__Scalar.Apply(this, scalar, alpha);

        public Tensor sub(Tensor target) => Ops.sub_Tensor.Call(this, target);
        public Tensor sub(Scalar target) => Ops.sub_Scalar.Call(this, target);
        public Tensor sub_(Tensor target) => Ops.sub__Tensor.Apply(this, target);
        public Tensor sub_(Scalar target) => Ops.sub__Scalar.Apply(this, target);
        public Tensor subtract(Tensor target) => sub(target);
        public Tensor subtract(Scalar target) => sub(target);

        public Tensor mul(Tensor target) => Ops.mul_Tensor.Call(this, target);
        public Tensor mul(Scalar target) => Ops.mul_Scalar.Call(this, target);
        public Tensor mul_(Tensor target) => Ops.mul__Tensor.Apply(this, target);
        public Tensor mul_(Scalar target) => Ops.mul__Scalar.Apply(this, target);
        public Tensor multiply(Tensor target) => mul(target);
        public Tensor multiply(Scalar target) => mul(target);

        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            Ops.div_Tensor_mode.Call(this, target, Text(rounding_mode));

        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            Ops.div_Scalar_mode.Call(this, target, Text(rounding_mode));

        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            Ops.div__Tensor_mode.Apply(this, target, Text(rounding_mode));

        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            Ops.div__Scalar_mode.Apply(this, target, Text(rounding_mode));

        public Tensor divide(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);
        public Tensor divide(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);

        private static string? Text(RoundingMode mode) => mode switch
        {
            RoundingMode.trunc => "trunc",
            RoundingMode.floor => "floor",
            _ => null,
        };

        public Tensor floor_divide(Tensor other) => Ops.floor_divide.Call(this, other);
        public Tensor floor_divide(Scalar other) => Ops.floor_divide_Scalar.Call(this, other);
        public Tensor remainder(Tensor target) => Ops.remainder_Tensor.Call(this, target);
        public Tensor remainder(Scalar scalar) => Ops.remainder_Scalar.Call(this, scalar);
        public Tensor fmod(Tensor target) => Ops.fmod_Tensor.Call(this, target);
        public Tensor fmod(Scalar scalar) => Ops.fmod_Scalar.Call(this, scalar);

        public Tensor pow(Tensor exponent) => Ops.pow_Tensor_Tensor.Call(this, exponent);
        public Tensor pow(Scalar exponent) => Ops.pow_Tensor_Scalar.Call(this, exponent);
        public Tensor pow_(Tensor exponent) => Ops.pow__Tensor.Apply(this, exponent);
        public Tensor pow_(Scalar exponent) => Ops.pow__Scalar.Apply(this, exponent);

        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) => Ops.addcmul.Call(this, tensor1, tensor2, value);
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) => Ops.addcmul_.Apply(this, tensor1, tensor2, value);
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) => Ops.addcdiv.Call(this, tensor1, tensor2, value);
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2) => Ops.addcdiv.Call(this, tensor1, tensor2);
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) => Ops.addcdiv_.Apply(this, tensor1, tensor2, value);
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2) => Ops.addcdiv_.Apply(this, tensor1, tensor2);

        public Tensor lerp(Tensor end, Tensor weight) => Ops.lerp_Tensor.Call(this, end, weight);
        public Tensor lerp_(Tensor end, Tensor weight) => Ops.lerp__Tensor.Apply(this, end, weight);

        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Ops.clamp.Call(this, min, max);
        public Tensor clamp(Tensor? min = null, Tensor? max = null) => Ops.clamp_Tensor.Call(this, min, max);
        public Tensor clamp_(Scalar? min = null, Scalar? max = null) => Ops.clamp_.Apply(this, min, max);
        public Tensor clamp_(Tensor? min = null, Tensor? max = null) => Ops.clamp__Tensor.Apply(this, min, max);
        public Tensor clamp_min(Scalar min) => Ops.clamp_min.Call(this, min);
        public Tensor clamp_min_(Scalar min) => Ops.clamp_min_.Apply(this, min);
        public Tensor clamp_max(Scalar max) => Ops.clamp_max.Call(this, max);
        public Tensor clamp_max_(Scalar max) => Ops.clamp_max_.Apply(this, max);

        public Tensor maximum(Tensor other) => Ops.maximum.Call(this, other);
        public Tensor minimum(Tensor other) => Ops.minimum.Call(this, other);
        public Tensor atan2(Tensor other) => Ops.atan2.Call(this, other);
        public Tensor logical_and(Tensor other) => Ops.logical_and.Call(this, other);
        public Tensor logical_or(Tensor other) => Ops.logical_or.Call(this, other);
        public Tensor logical_xor(Tensor other) => Ops.logical_xor.Call(this, other);

        public Tensor nan_to_num(double nan = 0, double? posinf = null, double? neginf = null) => Ops.nan_to_num.Call(this, nan, posinf, neginf);

        public Tensor fill_(Scalar value) => Ops.fill__Scalar.Apply(this, value);
        public Tensor zero_() => Ops.zero_.Apply(this);
        public Tensor copy_(Tensor source, bool nonBlocking = false) => Ops.copy_.Apply(this, source, nonBlocking);

        public Tensor masked_fill(Tensor mask, Scalar value) => Ops.masked_fill_Scalar.Call(this, mask, value);
        public Tensor masked_fill_(Tensor mask, Scalar value) => Ops.masked_fill__Scalar.Apply(this, mask, value);
        public Tensor where(Tensor condition, Tensor y) => Ops.where_self.Call(condition, this, y);

        public Tensor normal_(double mean = 0, double std = 1, Generator? generator = null) => Ops.normal_.Apply(this, mean, std, generator);
        public Tensor uniform_(double from, double to, Generator? generator = null) => Ops.uniform_.Apply(this, from, to, generator);
        public Tensor bernoulli(Generator? generator = null) => Ops.bernoulli.Call(this, generator);
        public Tensor bernoulli_(double p = 0.5, Generator? generator = null) => Ops.bernoulli__float.Apply(this, p, generator);
        public Tensor multinomial(long num_samples, bool replacement = false, Generator? generator = null) =>
            Ops.multinomial.Call(this, num_samples, replacement, generator);

        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) =>
            Ops.allclose.Ask(this, target, rtol, atol, equal_nan);

        public Tensor isclose(Tensor other, double rtol = 1e-05, double atol = 1e-08, bool nanEqual = false) =>
            Ops.isclose.Call(this, other, rtol, atol, nanEqual);
    }
}
