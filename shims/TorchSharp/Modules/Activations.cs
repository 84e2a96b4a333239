using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

public sealed class SiLU : ParameterLessModule<Tensor, Tensor>
{
    internal SiLU(bool inplace) : base(nameof(SiLU)) => this.inplace = inplace;
    public bool inplace { get; set; }
    public override Tensor forward(Tensor tensor) => functional.silu(tensor, inplace);
}

public sealed class ReLU : ParameterLessModule<Tensor, Tensor>
{
    internal ReLU(bool inplace) : base(nameof(ReLU)) => this.inplace = inplace;
    public bool inplace { get; set; }
    public override Tensor forward(Tensor tensor) => functional.relu(tensor, inplace);
}

public sealed class GELU : ParameterLessModule<Tensor, Tensor>
{
    public enum Approximate { none, tanh }

    internal GELU(Approximate approximate, bool inplace) : base(nameof(GELU)) => (this.approximate, this.inplace) = (approximate, inplace);
    public bool inplace { get; set; }
    public Approximate approximate { get; set; }
    public override Tensor forward(Tensor tensor) => functional.gelu(tensor, approximate, inplace);
}

public sealed class Sigmoid : ParameterLessModule<Tensor, Tensor>
{
    internal Sigmoid(bool inplace) : base(nameof(Sigmoid)) => this.inplace = inplace;
    public bool inplace { get; set; }
    public override Tensor forward(Tensor tensor) => functional.sigmoid(tensor, inplace);
}

public sealed class Tanh : ParameterLessModule<Tensor, Tensor>
{
    internal Tanh(bool inplace) : base(nameof(Tanh)) => this.inplace = inplace;
    public bool inplace { get; set; }
    public override Tensor forward(Tensor tensor) => functional.tanh(tensor, inplace);
}

public sealed class Softmax : ParameterLessModule<Tensor, Tensor>
{
    internal Softmax(long dim) : base(nameof(Softmax)) => this.dim = dim;
    public long dim { get; set; }
    public override Tensor forward(Tensor tensor) => functional.softmax(tensor, dim);
}

public sealed class Dropout : ParameterLessModule<Tensor, Tensor>
{
    internal Dropout(double p, bool inplace) : base(nameof(Dropout)) => (this.p, this.inplace) = (p, inplace);
    public bool inplace { get; set; }
    public double p { get; set; }
    public override Tensor forward(Tensor tensor) => functional.dropout(tensor, p, training, inplace);
}

public sealed class Identity : ParameterLessModule<Tensor, Tensor>
{
    internal Identity() : base(nameof(Identity)) { }
    public override Tensor forward(Tensor tensor) => tensor.alias();
}

public sealed class Flatten : ParameterLessModule<Tensor, Tensor>
{
    internal Flatten(long start, long end) : base(nameof(Flatten)) => (start_dim, end_dim) = (start, end);
    public long start_dim { get; set; }
    public long end_dim { get; set; }
    public override Tensor forward(Tensor input) => input.flatten(start_dim, end_dim);
}
