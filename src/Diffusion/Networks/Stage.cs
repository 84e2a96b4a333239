using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>One numbered entry of a U-Net's input, middle or output blocks: layers in a row, named 0, 1, ...</summary>
internal sealed class Stage : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly nn.Module[] layers;

    public Stage(params nn.Module[] layers) : base(nameof(Stage))
    {
        this.layers = layers;
        for (var i = 0; i < layers.Length; i++) register_module($"{i}", layers[i]);
    }

    /// <param name="x">[B, C, H, W].</param>
    /// <param name="activated">SiLU of the embedding, [B, E]; for the residual blocks.</param>
    public override Tensor forward(Tensor x, Tensor activated)
    {
        using var scope = NewDisposeScope();
        foreach (var layer in layers)
        {
            x = layer is nn.Module<Tensor, Tensor, Tensor> conditioned
                ? conditioned.forward(x, activated)
                : ((nn.Module<Tensor, Tensor>)layer).forward(x);
        }
        return x.MoveToOuterDisposeScope();
    }

    // the checkpoint's names are registered by hand: fields are not scanned
    protected override void RegisterComponents() { }
}
