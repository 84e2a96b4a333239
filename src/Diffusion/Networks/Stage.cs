using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>One numbered entry of a U-Net's input, middle or output blocks: layers in a row, named 0, 1, ...</summary>
internal sealed class Stage : nn.Module
{
    private readonly nn.Module[] layers;

    public Stage(params nn.Module[] layers) : base(nameof(Stage))
    {
        this.layers = layers;
        for (var i = 0; i < layers.Length; i++) register_module($"{i}", layers[i]);
    }

    /// <param name="x">[B, C, H, W].</param>
    /// <param name="activated">SiLU of the embedding, [B, E]; for the residual blocks.</param>
    /// <param name="memory">The pixels of an earlier estimate, [B, P, E]; where the network attends to one.</param>
    /// <returns>[B, C', H', W'].</returns>
    public Tensor forward(Tensor x, Tensor activated, Tensor? memory = null)
    {
        using var scope = NewDisposeScope();
        foreach (var layer in layers)
        {
            x = layer switch
            {
                MemoryAttention attention => attention.forward(x, memory!),
                nn.Module<Tensor, Tensor, Tensor> conditioned => conditioned.forward(x, activated),
                _ => ((nn.Module<Tensor, Tensor>)layer).forward(x),
            };
        }
        return x.MoveToOuterDisposeScope();
    }

    // the checkpoint's names are registered by hand: fields are not scanned
    protected override void RegisterComponents() { }
}
