using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public interface ILearningRateController
        {
            double LearningRate { get; set; }
            double InitialLearningRate { get; set; }
        }

        public interface IBetas
        {
            (double, double) Betas { get; set; }
        }

        public interface IMomentum
        {
            double Momentum { get; set; }
        }

        /// <summary>Moves parameters along their gradients.</summary>
        public abstract class Optimizer : IDisposable
        {
            private protected readonly List<Modules.ParamGroup> Groups = [];

            private protected Optimizer() { }

            public virtual IEnumerable<ILearningRateController> ParamGroups => Groups;

            public virtual IEnumerable<Parameter> parameters() => Groups.SelectMany(group => group.Parameters);

            public virtual void add_param_group(Modules.ParamGroup param_group) => Groups.Add(param_group);

            public virtual void zero_grad()
            {
                foreach (var parameter in parameters()) parameter.grad = null;
            }

            /// <summary>One step; a closure computes the loss and its gradients first, and its loss is answered.</summary>
            public virtual Tensor? step(Func<Tensor>? closure = null) => closure?.Invoke();

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing) { }
        }
    }
}
