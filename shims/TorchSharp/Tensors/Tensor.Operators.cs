using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public static Tensor operator +(Tensor left, Tensor right) => Ops.add_Tensor.Call(left, right);
        public static Tensor operator +(Tensor left, Scalar right) => Ops.add_Scalar.Call(left, right);
        public static Tensor operator +(Tensor left, int right) => Ops.add_Scalar.Call(left, right);
        public static Tensor operator +(Tensor left, long right) => Ops.add_Scalar.Call(left, right);
        public static Tensor operator +(Tensor left, float right) => Ops.add_Scalar.Call(left, right);
        public static Tensor operator +(Tensor left, double right) => Ops.add_Scalar.Call(left, right);
        public static Tensor operator +(Scalar left, Tensor right) => Ops.add_Scalar.Call(right, left);
        public static Tensor operator +(int left, Tensor right) => Ops.add_Scalar.Call(right, left);
        public static Tensor operator +(long left, Tensor right) => Ops.add_Scalar.Call(right, left);
        public static Tensor operator +(float left, Tensor right) => Ops.add_Scalar.Call(right, left);
        public static Tensor operator +(double left, Tensor right) => Ops.add_Scalar.Call(right, left);

        public static Tensor operator -(Tensor left, Tensor right) => Ops.sub_Tensor.Call(left, right);
        public static Tensor operator -(Tensor left, Scalar right) => Ops.sub_Scalar.Call(left, right);
        public static Tensor operator -(Tensor left, int right) => Ops.sub_Scalar.Call(left, right);
        public static Tensor operator -(Tensor left, long right) => Ops.sub_Scalar.Call(left, right);
        public static Tensor operator -(Tensor left, float right) => Ops.sub_Scalar.Call(left, right);
        public static Tensor operator -(Tensor left, double right) => Ops.sub_Scalar.Call(left, right);
        public static Tensor operator -(Scalar left, Tensor right) => Ops.rsub_Scalar.Call(right, left);
        public static Tensor operator -(int left, Tensor right) => Ops.rsub_Scalar.Call(right, left);
        public static Tensor operator -(long left, Tensor right) => Ops.rsub_Scalar.Call(right, left);
        public static Tensor operator -(float left, Tensor right) => Ops.rsub_Scalar.Call(right, left);
        public static Tensor operator -(double left, Tensor right) => Ops.rsub_Scalar.Call(right, left);

        public static Tensor operator *(Tensor left, Tensor right) => Ops.mul_Tensor.Call(left, right);
        public static Tensor operator *(Tensor left, Scalar right) => Ops.mul_Scalar.Call(left, right);
        public static Tensor operator *(Tensor left, int right) => Ops.mul_Scalar.Call(left, right);
        public static Tensor operator *(Tensor left, long right) => Ops.mul_Scalar.Call(left, right);
        public static Tensor operator *(Tensor left, float right) => Ops.mul_Scalar.Call(left, right);
        public static Tensor operator *(Tensor left, double right) => Ops.mul_Scalar.Call(left, right);
        public static Tensor operator *(Scalar left, Tensor right) => Ops.mul_Scalar.Call(right, left);
        public static Tensor operator *(int left, Tensor right) => Ops.mul_Scalar.Call(right, left);
        public static Tensor operator *(long left, Tensor right) => Ops.mul_Scalar.Call(right, left);
        public static Tensor operator *(float left, Tensor right) => Ops.mul_Scalar.Call(right, left);
        public static Tensor operator *(double left, Tensor right) => Ops.mul_Scalar.Call(right, left);

        public static Tensor operator /(Tensor left, Tensor right) => Ops.div_Tensor.Call(left, right);
        public static Tensor operator /(Tensor left, Scalar right) => Ops.div_Scalar.Call(left, right);
        public static Tensor operator /(Tensor left, int right) => Ops.div_Scalar.Call(left, right);
        public static Tensor operator /(Tensor left, long right) => Ops.div_Scalar.Call(left, right);
        public static Tensor operator /(Tensor left, float right) => Ops.div_Scalar.Call(left, right);
        public static Tensor operator /(Tensor left, double right) => Ops.div_Scalar.Call(left, right);
        public static Tensor operator /(Scalar left, Tensor right) => Inverse(left, right);
        public static Tensor operator /(int left, Tensor right) => Inverse(left, right);
        public static Tensor operator /(long left, Tensor right) => Inverse(left, right);
        public static Tensor operator /(float left, Tensor right) => Inverse(left, right);
        public static Tensor operator /(double left, Tensor right) => Inverse(left, right);

        public static Tensor operator %(Tensor left, Tensor right) => Ops.remainder_Tensor.Call(left, right);
        public static Tensor operator %(Tensor left, Scalar right) => Ops.remainder_Scalar.Call(left, right);
        public static Tensor operator %(Tensor left, int right) => Ops.remainder_Scalar.Call(left, right);
        public static Tensor operator %(Tensor left, long right) => Ops.remainder_Scalar.Call(left, right);
        public static Tensor operator %(Tensor left, float right) => Ops.remainder_Scalar.Call(left, right);
        public static Tensor operator %(Tensor left, double right) => Ops.remainder_Scalar.Call(left, right);

        public static Tensor operator ==(Tensor left, Tensor right) => Ops.eq_Tensor.Call(left, right);
        public static Tensor operator ==(Tensor left, Scalar right) => Ops.eq_Scalar.Call(left, right);
        public static Tensor operator ==(Scalar left, Tensor right) => Ops.eq_Scalar.Call(right, left);
        public static Tensor operator !=(Tensor left, Tensor right) => Ops.ne_Tensor.Call(left, right);
        public static Tensor operator !=(Tensor left, Scalar right) => Ops.ne_Scalar.Call(left, right);
        public static Tensor operator !=(Scalar left, Tensor right) => Ops.ne_Scalar.Call(right, left);
        public static Tensor operator <(Tensor left, Tensor right) => Ops.lt_Tensor.Call(left, right);
        public static Tensor operator <(Tensor left, Scalar right) => Ops.lt_Scalar.Call(left, right);
        public static Tensor operator <(Scalar left, Tensor right) => Ops.gt_Scalar.Call(right, left);
        public static Tensor operator <=(Tensor left, Tensor right) => Ops.le_Tensor.Call(left, right);
        public static Tensor operator <=(Tensor left, Scalar right) => Ops.le_Scalar.Call(left, right);
        public static Tensor operator <=(Scalar left, Tensor right) => Ops.ge_Scalar.Call(right, left);
        public static Tensor operator >(Tensor left, Tensor right) => Ops.gt_Tensor.Call(left, right);
        public static Tensor operator >(Tensor left, Scalar right) => Ops.gt_Scalar.Call(left, right);
        public static Tensor operator >(Scalar left, Tensor right) => Ops.lt_Scalar.Call(right, left);
        public static Tensor operator >=(Tensor left, Tensor right) => Ops.ge_Tensor.Call(left, right);
        public static Tensor operator >=(Tensor left, Scalar right) => Ops.ge_Scalar.Call(left, right);
        public static Tensor operator >=(Scalar left, Tensor right) => Ops.le_Scalar.Call(right, left);

        public static Tensor operator -(Tensor tensor) => Ops.neg.Call(tensor);
        public static Tensor operator ~(Tensor left) => Ops.bitwise_not.Call(left);
        public static Tensor operator &(Tensor left, Tensor right) => Ops.bitwise_and_Tensor.Call(left, right);
        public static Tensor operator |(Tensor left, Tensor right) => Ops.bitwise_or_Tensor.Call(left, right);
        public static Tensor operator ^(Tensor left, Tensor right) => Ops.bitwise_xor_Tensor.Call(left, right);

        // two roundings, as the package and Python do
        private static Tensor Inverse(Arg left, Tensor right)
        {
            using var reciprocal = right.reciprocal().DetachFromDisposeScope();
            return Ops.mul_Scalar.Call(reciprocal, left);
        }

        public Tensor eq(Tensor target) => Ops.eq_Tensor.Call(this, target);
        public Tensor eq(Scalar target) => Ops.eq_Scalar.Call(this, target);
        public Tensor ne(Tensor target) => Ops.ne_Tensor.Call(this, target);
        public Tensor ne(Scalar target) => Ops.ne_Scalar.Call(this, target);
        public Tensor lt(Tensor target) => Ops.lt_Tensor.Call(this, target);
        public Tensor lt(Scalar target) => Ops.lt_Scalar.Call(this, target);
        public Tensor le(Tensor target) => Ops.le_Tensor.Call(this, target);
        public Tensor le(Scalar target) => Ops.le_Scalar.Call(this, target);
        public Tensor gt(Tensor target) => Ops.gt_Tensor.Call(this, target);
        public Tensor gt(Scalar target) => Ops.gt_Scalar.Call(this, target);
        public Tensor ge(Tensor target) => Ops.ge_Tensor.Call(this, target);
        public Tensor ge(Scalar target) => Ops.ge_Scalar.Call(this, target);
        public Tensor equal(Tensor target) => Ops.eq_Tensor.Call(this, target);
    }
}
